"""The programs that the service is measured beside, each as small as it can be."""
