"""Claims: what the documents that Basin implements say, with the studies that test it, and a verdict of each."""
