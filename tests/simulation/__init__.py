"""A deterministic simulation: real drivers and a real store in an invented world, all of it drawn from one seed."""
