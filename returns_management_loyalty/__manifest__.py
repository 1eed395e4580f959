# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Loyalty",
    'summary': "Store credit on eWallets and gift cards; rewards and points follow what comes back",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'sale_loyalty'],
    'data': [
        'views/res_config_settings_views.xml',
        'views/returns_payout_views.xml',
        'views/returns_portal_templates.xml',
    ],
    'uninstall_hook': 'uninstall_hook',
    'auto_install': True,
}
