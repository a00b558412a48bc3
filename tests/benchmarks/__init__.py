"""Speed and memory, beside a peer or a floor in the same run. `make bench` prints all of it."""
