"""python -m setup.assets CONFIG DATABASE: have the scripts and styles of our pages made and kept in a database.

Otherwise the first page of each browser test makes them anew, which takes longer than the test, and rolls them back.
"""

import sys

#: What the pages that our browser tests open load: (bundle, its scripts?, its styles?)
BUNDLES = (
    ("web.assets_web", True, True),
    ("web.assets_frontend", False, True),
    ("web.assets_frontend_minimal", True, False),
    ("web.assets_frontend_lazy", True, False),
    ("web.assets_tests", True, True),
    ("web.__assets_tests_call__", True, False),
)


def make(config_file, database):
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", config_file, "-d", database, "--no-http", "--log-level", "warn"])
    with Registry(database).cursor() as cr:
        templates = api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]
        for name, scripts, styles in BUNDLES:
            bundle = templates._get_asset_bundle(name, js=scripts, css=styles)
            if scripts:
                bundle.js()
            if styles:
                bundle.css()
            if bundle.css_errors:  # a page looks bare then, and nothing else fails
                sys.exit(f"the styles of {name} cannot be made: " + "\n".join(bundle.css_errors))


if __name__ == "__main__":
    make(*sys.argv[1:])
