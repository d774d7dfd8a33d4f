"""The fixtures: requests assembled from patients, and what the service answers."""
