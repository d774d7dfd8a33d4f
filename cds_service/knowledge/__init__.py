"""What the service knows: ratings, definitions, cautions, code lists and their sources, as data."""
