"""Where notices of alerts go, one file a channel; imported when one is configured."""
