"""What trains: data, networks, optimizers, schedules, the engine; and the Ray Tune trainable around them."""
