SELECT epoch_us(min(start_time)) AS oldest_us FROM spans
