"""An independent reading of what this service may send, as rules with requirement ids."""
