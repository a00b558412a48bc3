"""What is around a piece of work: the current span and who is asking, across threads, processes and queues."""
