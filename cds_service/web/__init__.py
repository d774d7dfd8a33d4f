"""The HTTP side: routes, problems and pages; the only place besides app that knows Flask."""
