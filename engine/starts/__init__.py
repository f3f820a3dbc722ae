"""Where EM may begin: k-means, k-means++, points, responsibilities, and the nearest centres."""
