"""The desktop: an icon near the clock, a window of its own, popups.

The icon's loop has the main thread, because every system wants it there; the window is a process of its
own, because it wants the same, costs memory and may crash. Whatever is shown is asked of the runtime.
"""
