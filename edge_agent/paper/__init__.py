"""What is printed: badges and the poster of the site, as drawings in millimetres, then as SVG or PDF."""
