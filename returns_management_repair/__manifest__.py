# Part of returns_management. See LICENSE file for full copyright and licensing details.

{
    'name': "Returns Management: Repair",
    'summary': "Returned goods go to repair, and are inspected again",
    'version': '19.0.1.0.0',
    'category': 'Sales/Sales',
    'license': 'LGPL-3',
    'author': "Returns Management Contributors",
    'website': "https://github.com/returns-management/returns_management",
    'depends': ['returns_management', 'repair'],
    'auto_install': True,
}
