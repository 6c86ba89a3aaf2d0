"""What runs and remembers: the store, the proposer, the driver, the command line."""
