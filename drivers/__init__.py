"""Device drivers: a leaf library that knows nothing of attendance."""
