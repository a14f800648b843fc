"""kiosk-face: the camera, faces and their network, in a process of their own that only kioskd speaks to.

It has no network and no database. It knows `kiosk.core` and the drivers; nothing knows it.
"""
