# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Loyalty",
    'summary': "Rewards and loyalty points follow what comes back",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'sale_loyalty'],
    'uninstall_hook': 'uninstall_hook',
    'auto_install': True,
}
