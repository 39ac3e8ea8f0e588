"""Files of sound, pictures, films and fonts: read with bounds, and ffmpeg in one place."""
