# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.tools import SQL

from ..vocabulary import (
    CHANNELS,
    FREIGHT_PAYERS,
    POLICY_STATUSES,
    REQUEST_STATES,
    RESOLUTIONS,
    RESPONSIBILITIES,
    SHIPPING_METHODS,
)


class ReturnsReport(models.Model):
    """One row a return line: behind every figure."""
    _name = 'returns.report'
    _description = "Returns Analysis"
    _auto = False
    _order = 'date_requested desc'
    _rec_name = 'request_id'

    request_id = fields.Many2one('returns.request', "Return", readonly=True)
    request_line_id = fields.Many2one('returns.request.line', "Return Line", readonly=True)
    date_requested = fields.Datetime("Requested On", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    partner_id = fields.Many2one('res.partner', "Customer", readonly=True)
    user_id = fields.Many2one('res.users', "Responsible", readonly=True)
    team_id = fields.Many2one('returns.team', "Return Team", readonly=True)
    sale_order_id = fields.Many2one('sale.order', "Sales Order", readonly=True)
    salesperson_id = fields.Many2one('res.users', readonly=True)
    product_id = fields.Many2one('product.product', readonly=True)
    product_tmpl_id = fields.Many2one('product.template', "Product Template", readonly=True)
    category_id = fields.Many2one('product.category', "Product Category", readonly=True)
    reason_id = fields.Many2one('returns.reason', readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    state = fields.Selection(REQUEST_STATES, "Status", readonly=True)
    resolution = fields.Selection(RESOLUTIONS, readonly=True)
    responsibility = fields.Selection(RESPONSIBILITIES, readonly=True)
    policy_status = fields.Selection(POLICY_STATUSES, readonly=True)
    policy_kept = fields.Float(
        "Policy Accuracy", readonly=True, aggregator='avg',
        help="1 where it was decided as the policy says, 0 where not: a compliant return that was rejected, or a refused "
             "one that came through by an override or a dispute. Exceptions are for people to judge. Empty until decided.")
    quantity = fields.Float("Asked", readonly=True)
    quantity_approved = fields.Float("Approved", readonly=True)
    quantity_received = fields.Float("Received", readonly=True)
    quantity_accepted = fields.Float("Accepted", readonly=True)
    quantity_settled = fields.Float("Settled", readonly=True)
    amount_requested = fields.Monetary("Requested Amount", readonly=True)
    amount_refunded = fields.Monetary("Refunded Amount", readonly=True)
    freight_amount = fields.Monetary(
        "Freight Cost", readonly=True,
        help="Of the way back, spread over the lines of a return by their amounts.")
    freight_paid_by = fields.Selection(FREIGHT_PAYERS, readonly=True)
    shipping_method = fields.Selection(SHIPPING_METHODS, "Way Back", readonly=True)
    days_to_refund = fields.Float(
        "Days to Refund", readonly=True, aggregator='avg',
        help="From the customer's request to the posted credit note.")

    @property
    def _table_query(self):
        return SQL("%s %s", self._select(), self._from())

    def _select(self):
        """Quantities are counted in the product's own unit, amounts in the company's currency."""
        factor = SQL("(line_unit.factor / unit.factor)")
        return SQL(
            """
            SELECT line.id, line.id AS request_line_id, line.request_id, request.date_requested, line.company_id,
                   company.currency_id, request.commercial_partner_id AS partner_id, request.user_id, request.team_id,
                   sale_line.order_id AS sale_order_id, sale.user_id AS salesperson_id, line.product_id,
                   product.product_tmpl_id, template.categ_id AS category_id, line.reason_id, request.channel,
                   line.state, line.resolution, line.responsibility, line.policy_status,
                   CASE WHEN line.policy_status IS NULL OR line.state IN ('draft', 'review', 'cancelled') THEN NULL
                        WHEN line.override_status <> line.policy_status THEN 0
                        WHEN line.policy_status = 'exception' THEN 1
                        WHEN (line.policy_status = 'compliant') = (line.state <> 'rejected') THEN 1
                        ELSE 0 END AS policy_kept,
                   line.quantity * %(factor)s AS quantity,
                   line.quantity_approved * %(factor)s AS quantity_approved,
                   line.quantity_received * %(factor)s AS quantity_received,
                   line.quantity_accepted * %(factor)s AS quantity_accepted,
                   line.quantity_settled * %(factor)s AS quantity_settled,
                   line.amount_company AS amount_requested, line.amount_refunded,
                   request.shipping_method, request.freight_paid_by,
                   CASE WHEN COALESCE(request.freight_amount, 0) = 0 THEN 0
                        WHEN request.amount_requested > 0
                        THEN request.freight_amount * line.amount_company / request.amount_requested
                        ELSE request.freight_amount / (
                             SELECT COUNT(*) FROM returns_request_line other WHERE other.request_id = request.id)
                    END AS freight_amount,
                   EXTRACT(EPOCH FROM request.date_refunded - request.date_requested) / 86400 AS days_to_refund
            """, factor=factor)

    def _from(self):
        return SQL(
            """
              FROM returns_request_line line
              JOIN returns_request request ON request.id = line.request_id
              JOIN res_company company ON company.id = line.company_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN uom_uom unit ON unit.id = template.uom_id
              JOIN uom_uom line_unit ON line_unit.id = line.uom_id
              LEFT JOIN sale_order_line sale_line ON sale_line.id = line.sale_line_id
              LEFT JOIN sale_order sale ON sale.id = sale_line.order_id
            """)

    def action_open_request(self):
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'returns.request', 'res_id': self.request_id.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }
