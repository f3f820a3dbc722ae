"""What EM is compared with, stepped through the same loop: k-means and backpropagation."""
