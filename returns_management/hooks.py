# Part of returns_management. See LICENSE file for full copyright and licensing details.


def post_init_hook(env):
    """Give what existed before this add-on its returns set-up."""
    env['stock.warehouse']._setup_returns()
    env['res.company'].search([])._setup_returns()


def uninstall_hook(env):
    """Deliveries are returned through the receipts type again; the stock in returns locations stays valued."""
    for warehouse in env['stock.warehouse'].with_context(active_test=False).search([]):
        warehouse.out_type_id.return_picking_type_id = warehouse.in_type_id
        warehouse.returns_type_id.action_archive()
