"""Calls to other servers: the one place from which the service reads anything over the network."""
