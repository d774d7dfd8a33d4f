"""Faults put into a copy of the knowledge, as data: how it is broken, and what is said of it."""
