"""What may vary: the hyperparameters of every optimizer, the search space, its designs, the specification."""
