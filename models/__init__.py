"""What looks at pictures: frames, codes, later faces. Knows no worker, no gate, no reader."""
