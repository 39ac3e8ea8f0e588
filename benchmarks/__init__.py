"""Speed and memory, measured beside the loop that Pixray runs."""
