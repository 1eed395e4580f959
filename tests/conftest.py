# Part of returns_management. See LICENSE file for full copyright and licensing details.

import os

import pytest

from setup.scratch import load, scratch_copy


@pytest.fixture(scope='session')
def served(tmp_path_factory):
    """A company in a database of its own, ``served.server`` of it, not started yet, with as many processes as a small
    company has."""
    from served import Server, World

    with scratch_copy(os.environ['RETURNS_TEMPLATE_DB']) as name:
        world = World.build(load(name))
        world.cursors = []
        world.server = Server(name, tmp_path_factory.mktemp('served'), workers=4)
        try:
            yield world
        finally:
            world.server.stop()
            for cr in world.cursors:
                cr.close()
