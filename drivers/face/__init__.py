"""Faces: engines, tracking, the choice of frames, identification and liveness. Frames in, facts out."""
