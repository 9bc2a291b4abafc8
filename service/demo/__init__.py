"""A company to look at: one job, a rubric, people and submissions, all invented."""

from service.demo.install import DemoAccess, install_demo
from service.demo.removal import DemoRemoval, remove_demo

__all__ = ["DemoAccess", "DemoRemoval", "install_demo", "remove_demo"]
