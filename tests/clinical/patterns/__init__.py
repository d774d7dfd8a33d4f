"""Evidence patterns as data: what a chart holds, and what must come of it."""
