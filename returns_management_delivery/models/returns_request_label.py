# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class ReturnsRequest(models.Model):
    """The carrier's own label, where it makes one; else the return slip tells where the parcel goes."""
    _inherit = 'returns.request'

    def _compute_label_ids(self):
        for request in self:
            request.label_ids = request._get_labels()

    def _compute_may_make_label(self):
        for request in self:
            request.may_make_label = bool(
                request.state == 'approved' and request.carrier_id.can_generate_return
                and request._get_open_pickings() and not request._get_labels())

    def _get_labels(self):
        """:return: ``ir.attachment`` of the labels of what is still to come"""
        return self._get_open_pickings()._returns_get_labels()

    def action_make_label(self):
        """Have the carrier make the return label, once, and tell the customer. What the carrier refuses is on the list of
        failed follow-ups, and keeps no other label from being made.

        :return: True, or an action that tells what the carrier refused
        :raise AccessError: neither agent of the return, inspector nor stock user
        :raise UserError: no carrier that makes labels, or nothing is to come
        """
        self._check_way_role()
        return self._tell_refusals(self._as_flow()._do_make_label())

    def _tell_refusals(self, causes):
        """:param dict causes: {request: what the carrier refused}
        :return: True, or an action that says so
        """
        if not causes:
            return True
        return self.env['returns.follow.up']._get_notice("\n".join(
            f"{request.name}: {cause}" for request, cause in causes.items()), 'danger')

    def _do_make_label(self):
        """:return: {request: what the carrier refused}"""
        self._lock_rows()
        for request in self:
            if not request.carrier_id:
                raise UserError(self.env._("%s: choose the delivery method that brings the goods back.", request.name))
            if not request.carrier_id.can_generate_return:
                raise UserError(self.env._(
                    "%(carrier)s makes no return labels here. The customer prints the return slip of %(request)s.",
                    carrier=request.carrier_id.name, request=request.name))
            if not request._get_open_pickings():
                raise UserError(self.env._("Nothing is to come for %s.", request.name))
        made, causes = self.browse(), {}
        for request in self:
            for picking in request._get_open_pickings():
                if picking._returns_get_labels():
                    continue
                if cause := self.env['returns.follow.up']._attempt(
                        'label', request, lambda request=request, picking=picking: request._make_label(picking)):
                    causes[request] = cause
                    break
                made |= request
        (made - self.browse().concat(*causes))._tell('way_back')
        return causes

    def _make_label(self, picking):
        """Core's own road: the provider attaches the label to the transfer, under its own name."""
        delivery = picking.return_id
        before = picking.carrier_tracking_ref
        picking.carrier_id.get_return_label(
            picking, tracking_number=delivery.carrier_tracking_ref or None, origin_date=delivery.date_done or None)
        picking.invalidate_recordset(['return_label_ids'])
        if not picking._returns_get_labels():
            raise UserError(self.env._(
                "%(carrier)s sent no label for %(transfer)s. Ask the carrier before you try again.",
                carrier=picking.carrier_id.name, transfer=picking.name))
        if picking.carrier_tracking_ref != before:
            self._note_tracking(picking, picking.carrier_tracking_ref)

    # ------------------------------------------------------------------
    # The customer
    # ------------------------------------------------------------------

    def _prepare_customer_labels(self):
        """:return: [{'id', 'name'}] of the labels to print; empty where nothing is to be sent any more"""
        self.ensure_one()
        if not self._get_lines_to_send() or self.date_receipt_due:
            return []
        return [{'id': label.id, 'name': label.name} for label in self.sudo()._get_labels()]

    def _prepare_customer_page(self):
        return {**super()._prepare_customer_page(), 'labels': self._prepare_customer_labels()}

    def _ask_approved(self):
        title, text = super()._ask_approved()
        if self._prepare_customer_labels():
            text = f'{self.env._("Stick the label of the carrier on the parcel: you find it below.")} {text}'
        return title, text
