"""Chat servers to compare chatd with, each as small as its kind can be."""
