"""``python -m storyboard`` is ``storyboard``."""

from storyboard.cli.main import main

if __name__ == "__main__":
    main()
