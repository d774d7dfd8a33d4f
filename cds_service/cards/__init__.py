"""Cards: decisions worded as cards, suggestions and system actions. Pure: no I/O and no clock."""
