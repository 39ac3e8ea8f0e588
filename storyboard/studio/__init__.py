"""The studio: a page that shows a story's film and edits its text, for ``storyboard open``.

::

    Studio(story, project=, read_only=)    what the page is about: the story, its film, its render
    studio_app(studio, token)              the page and its requests, as an ASGI application

The story's file is the only truth. Whatever is done in the page is a small edit of its text
(`storyboard.story.edits`), and the page shows what the file says, by whomever it was changed.
Renders are processes of their own, which the page follows by the files that they write.
"""
