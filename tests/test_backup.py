# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""What docs/operators.md says about backup and restore, done and compared."""

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import psycopg2
import pytest

from odoo.tools import config


def _connect(database):
    return psycopg2.connect(dbname=database)


def _tables(database):
    """Row count and a digest of the rows of every table, so that a lost or changed row shows."""
    with _connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"""SELECT count(*), md5(string_agg(row, '' ORDER BY row)) FROM (SELECT t::text AS row FROM "{table}" t) x""")
            found[table] = cursor.fetchone()
    return found


def _files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob('*') if path.is_file()
    }


@pytest.fixture
def filestore():
    return Path(config['data_dir']) / 'filestore'


def test_backup_restores_every_row_and_every_file(tmp_path, filestore):
    source = os.environ['RETURNS_TEMPLATE_DB']
    restored = f'{source}-restored'
    dump, files = tmp_path / 'company.dump', tmp_path / 'files.tar.gz'
    before = _tables(source)
    assert before['returns_request'][0] > 0, "a backup of nothing proves nothing"
    assert _files(filestore / source)

    subprocess.run(['pg_dump', '--format=custom', f'--file={dump}', source], check=True)
    with tarfile.open(files, 'w:gz') as archive:
        archive.add(filestore / source, arcname=restored)

    try:
        subprocess.run(['createdb', '--template=template0', '--encoding=UTF8', restored], check=True)
        subprocess.run(['pg_restore', '--no-owner', '--exit-on-error', f'--dbname={restored}', str(dump)], check=True)
        with tarfile.open(files) as archive:
            archive.extractall(tmp_path / 'restored', filter='data')
        assert _tables(restored) == before
        assert _files(tmp_path / 'restored' / restored) == _files(filestore / source)
    finally:
        subprocess.run(['dropdb', '--force', '--if-exists', restored], check=True)


def test_a_lost_row_would_show(scratch):
    with scratch.cursor() as cursor:
        database = cursor.dbname
    before = _tables(database)
    with _connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM returns_root_cause WHERE id = (SELECT max(id) FROM returns_root_cause)")
    after = _tables(database)
    assert {table for table in before if before[table] != after[table]} >= {'returns_root_cause'}
