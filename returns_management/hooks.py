# Part of returns_management. See LICENSE file for full copyright and licensing details.


def post_init_hook(env):
    """Give what existed before this add-on its returns set-up."""
    env['stock.warehouse']._setup_returns()
    # archived ones, too: nothing else would do it when they are taken up again
    env['res.company'].search([('active', 'in', (True, False))])._setup_returns()


def uninstall_hook(env):
    """Deliveries are returned through the receipts type again; the stock in returns locations stays valued."""
    env.cr.execute('UPDATE returns_policy_rule SET category_id = NULL')  # one of them is ours and goes first
    for warehouse in env['stock.warehouse'].with_context(active_test=False).search([]):
        _retire_returns_type(warehouse)
    _part_from_data(env)


def _retire_returns_type(warehouse):
    """Archived, so that a later installation finds it again; what is under way in it can still be received."""
    returns_type = warehouse.returns_type_id
    types = warehouse.env['stock.picking.type'].with_context(active_test=False).search(
        [('return_picking_type_id', 'in', returns_type.ids)])
    types.return_picking_type_id = warehouse.in_type_id
    returns_type.action_archive()


def _part_from_data(env):
    """Odoo deletes record by record what a module has brought, and logs an error for each that something refers to.

    Rows of our own go with their tables. Products stay, archived: credit notes name them.
    """
    brought = env['ir.model.data'].search([('module', '=', 'returns_management')])
    products = brought.filtered(lambda data: data.model in ('product.product', 'product.template'))
    env['product.product'].browse(products.filtered(lambda data: data.model == 'product.product').mapped('res_id')
                                  ).exists().action_archive()
    (products | brought.filtered(lambda data: data.model.startswith('returns.'))).unlink()
    # or the people who decided, or typed a price, could not be deleted with the demo
    env.cr.execute("DELETE FROM returns_decision")
    env.cr.execute("UPDATE returns_request_line SET credit_user_id = NULL WHERE credit_user_id IS NOT NULL")
