"""Weights and what they compute: faces found, aligned, compared. Knows no camera, no worker, no gate."""
