# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What the customer may get for goods that cannot be repaired, beside having them back.
COMPENSATIONS = ('refund', 'store_credit', 'exchange')
#: What a line of its own does not take over from the line that it is cut from.
OWN = frozenset({
    'version', 'quantity_approved', 'quantity_received', 'quantity_closed', 'quantity_missing', 'quantity_waived',
    'quantity_accepted', 'quantity_advanced', 'quantity_settled', 'quantity_held', 'quantity_claimed', 'amount_company',
    'amount_refunded', 'amount_paid', 'move_ids', 'surplus_move_ids', 'inspection_ids', 'settlement_ids'})


class ReturnsRequestLine(models.Model):
    """A repair that failed is put to a decision: the customer gets something else for the goods, or has them back.

    Until what they get is settled the goods stay theirs, so that the decision can be taken back; with the settlement they
    become ours, see ``returns.inspection._take_over``.
    """
    _inherit = 'returns.request.line'

    quantity_unrepaired = fields.Float(
        "Not Repaired", digits='Product Unit', compute='_compute_quantity_unrepaired', compute_sudo=True,
        help="Could not be repaired, and nobody has decided yet what the customer gets for it.")
    repair_decision = fields.Selection(
        [('refund', "Refund"), ('store_credit', "Store credit"), ('exchange', "Exchange"),
         ('back', "Handed back unrepaired")], "Instead of the Repair", readonly=True, copy=False,
        help="What was decided when the goods could not be repaired.")
    repair_decision_note = fields.Text("Reason for the Decision", readonly=True, copy=False)
    repair_decision_user_id = fields.Many2one(
        'res.users', "Decided By", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')

    @api.depends('resolution', 'inspection_ids.repair_failure', 'inspection_ids.disposition_id', 'inspection_ids.is_disposed')
    def _compute_quantity_unrepaired(self):
        for line in self:
            line.quantity_unrepaired = line._from_product_uom(sum(line._get_unrepaired().mapped('quantity')))

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'repair_decision', 'repair_decision_note', 'repair_decision_user_id'}

    def _reset_to_draft(self):
        super()._reset_to_draft()
        self._write_flow({'repair_decision': False, 'repair_decision_note': False, 'repair_decision_user_id': False})

    def _get_unrepaired(self):
        """:return: the inspections of the customers' own goods that could not be repaired, and wait for a decision"""
        return self.inspection_ids.filtered(lambda inspection: (
            inspection.repair_failure and inspection._is_own() and not inspection.is_disposed
            and inspection.disposition_kind == 'quarantine'))

    def _is_decided_otherwise(self):
        """Whether the customer gets something else for goods that came to be repaired."""
        self.ensure_one()
        return self.repair_decision in COMPENSATIONS and self.resolution == self.repair_decision

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_decide_repair(self, outcome, comment=None, product_id=None):
        """Decide what customers get for goods that could not be repaired. Who approves is asked, as about any other wish for
        the same.

        :param str outcome: 'refund', 'store_credit', 'exchange', or 'back': they have the goods back as they are
        :param str comment: why; required for what the policy's rule does not offer
        :param int product_id: what they get in exchange, if it is another product
        :raise AccessError: no returns agent, not theirs, or the policy does not offer it and the user is no returns manager
        :raise UserError: no repair of a line failed, or the outcome is none
        """
        self.request_id._check_role('returns_management.group_returns_agent')
        self.check_access('write')
        labels = dict(self._fields['repair_decision']._description_selection(self.env))
        if not isinstance(outcome, str) or outcome not in labels:
            raise UserError(self.env._("Choose what the customer gets: %s.", ", ".join(labels.values())))
        if comment not in (None, False) and not isinstance(comment, str):
            raise UserError(self.env._("The comment must be a text."))
        comment = (comment or '').strip()
        product = self._read_exchange_product(outcome, product_id)
        beyond = self.sudo().filtered(lambda line: not line._is_offered_instead(outcome))
        if beyond:
            if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
                raise AccessError(self.env._(
                    "The policy does not offer this for %(product)s: %(outcome)s. Choose something else, or ask a returns "
                    "manager.", product=beyond[0].product_id.display_name, outcome=labels[outcome].lower()))
            self._check_reason(comment, self.env._("Say why the customer gets what the policy does not offer."))
        self._as_flow()._do_decide_repair(outcome, comment, product)
        return True

    def _read_exchange_product(self, outcome, product_id):
        """:return: the product that somebody sent, which they may read; none without one"""
        product = self.env['product.product']
        if product_id in (None, False):
            return product
        if type(product_id) is not int or not 0 < product_id < 2**31 or outcome != 'exchange':
            raise UserError(self.env._("A product is chosen for an exchange only, by its number."))
        product = product.browse(product_id).exists()
        if not product or not product.has_access('read'):
            raise UserError(self.env._("This product does not exist. Choose another one."))
        return product

    def _is_offered_instead(self, outcome):
        """Whether the rule that the line was judged by offers ``outcome``; goods are handed back whatever it says."""
        self.ensure_one()
        if outcome == 'back':
            return True
        allowed = self.rule_id and self.rule_id._to_rule().allowed_resolutions - {'none'}
        return bool(self.rule_id) and (not allowed or outcome in allowed)

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _do_decide_repair(self, outcome, comment, product):
        lines = self._lock()
        for line in lines:
            if not line._get_unrepaired():
                raise UserError(self.env._(
                    "%(line)s: no repair failed that is still to be decided on. Look at its repairs.",
                    line=line.display_name))
        lines.request_id._note_handler()
        lines.request_id._drop_repair_tasks()
        vals = {'repair_decision': outcome, 'repair_decision_note': comment, 'repair_decision_user_id': self.env.uid}
        labels = dict(self._fields['repair_decision']._description_selection(self.env))
        note = self.env._("Could not be repaired. Decided instead: %s", labels[outcome])
        note = f"{note}. {comment}" if comment else f"{note}."
        if outcome == 'back':
            lines._write_flow(vals)
            lines._hand_back()
            for request in lines.request_id:
                request.message_post(body=note)
        else:
            decided = lines.browse().union(*(line._split_unrepaired() for line in lines))
            decided._release_repairs()
            decided._write_flow({**vals, 'resolution': outcome, 'exchange_product_id': product.id})
            if outcome == 'exchange':
                decided._check_complete()
            decided._judge_instead()
            decided._ask_about_decision(note)
            decided.request_id._promise_refund(seen=True)
            lines |= decided
        lines.request_id._tell('repair_decided')
        lines._advance()
        if outcome == 'exchange':
            lines._settle_decided()

    def _settle_decided(self):
        """A line that was in settlement already enters it no more: what needs no accountant is settled now."""
        ready = self.filtered(lambda line: (
            line._is_decided_otherwise() and line._needs_no_accountant() and line.state == 'settlement'
            and line._get_quantity_to_settle() > 0))
        if ready and ready._settle_by_itself():
            ready._advance()

    def _hand_back(self):
        """The customers have their goods back as they are."""
        self._get_unrepaired().write({
            'disposition_id': self.env.ref('returns_management.disposition_customer').id, 'is_held_back': False})

    def _release_repairs(self):
        """Repairs that are planned for all of these lines' goods are not carried out."""
        self.settlement_ids.filtered(
            lambda settlement: settlement.kind == 'repair' and settlement.state == 'planned')._cancel()

    def _judge_instead(self):
        """What the rule says about what the customer gets now: fee, charges and whether anybody is asked."""
        judged = self.filtered('rule_id')
        delivered, passed = judged._get_delivery_dates(), judged._get_amounts_passed()
        for line in judged:
            facts = replace(
                line._get_policy_facts(delivered[line], passed[line.request_id]),
                today=line._get_day(line.request_id.date_submitted))
            rule = line.rule_id._to_rule()
            verdict = line._get_verdict(rule, facts)
            vals = {
                'is_express': verdict.express, 'fee_percent': float(verdict.fee_percent),
                'delivery_refund': verdict.delivery_refund}
            if verdict.status == 'refused':
                vals.update(override_status='exception', override_note=line.repair_decision_note,
                            override_user_id=self.env.uid, override_date=fields.Datetime.now())
            else:
                vals.update(line._prepare_verdict_words(rule, facts, verdict))
            line._write_flow(vals)

    def _ask_about_decision(self, note):
        """Who approved a repair has not approved what the customer gets now.

        Their answers stay on file and keep nobody from answering anew. What is still to be priced is asked about then.
        """
        unpriced = self.filtered(lambda line: line._is_price_missing())
        unpriced._write_flow({'is_settle_laid': False})
        unpriced.request_id._ask_for_price()
        asked = self - unpriced
        asked._write_flow({'is_settle_laid': True})
        steps = self.request_id.step_ids.filtered(lambda step: (
            step.phase == 'authorise' and step.round == step.request_id.round and step.line_ids & self
            and step.state == 'approved'))
        steps.write({'is_superseded': True})
        asked._ask_again('settle', note)
        for request in unpriced.request_id:
            request.message_post(body=note)

    def _refuse_accepted(self, note):
        """What was to be given instead of a repair is not approved: the goods are still the customer's, and go back."""
        decided = self.filtered(lambda line: line._is_decided_otherwise() and line.inspection_ids._get_awaiting_takeover())
        super(ReturnsRequestLine, self - decided)._refuse_accepted(note)
        if decided:
            decided._write_flow({'rejection_note': note, 'repair_decision': 'back'})
            decided._return_to_repair()
            decided._hand_back()
            decided.request_id._tell('repair_decided')

    def _return_to_repair(self):
        """The goods are about being repaired, or handed back, again: what was said of their price is asked anew, if ever."""
        self._forget_price()
        self._write_flow({'resolution': 'repair', 'exchange_product_id': False})
        waiting = self.inspection_ids.filtered(lambda inspection: inspection.repair_failure and not inspection.is_disposed)
        waiting.write({'disposition_id': self.env.ref('returns_management.disposition_quarantine').id})
        self._settle()

    def _do_undo_repair_decision(self):
        """:raise UserError: what was decided is settled already"""
        lines = self._lock()
        for line in lines:
            if line.inspection_ids.filtered('is_taken_over') or line.quantity_settled:
                raise UserError(self.env._(
                    "%(line)s is being settled already: the goods are ours. Go on with it.", line=line.display_name))
        steps = lines.request_id.step_ids.filtered(lambda step: (
            step.phase == 'settle' and step.line_ids & lines and step.state in ('waiting', 'open', 'approved')
            and step.round == step.request_id.round))
        steps.write({'is_superseded': True})
        steps.filtered(lambda step: step.state != 'approved')._skip()
        lines._write_flow({'repair_decision': False, 'repair_decision_note': False, 'repair_decision_user_id': False})
        lines._return_to_repair()
        lines.request_id._note_handler()
        lines.request_id._ask_to_decide_repair()
        for request in lines.request_id:
            request.message_post(body=self.env._("The decision on the failed repair was taken back."))
        lines._advance()

    # ------------------------------------------------------------------
    # A line of their own for those that could not be repaired
    # ------------------------------------------------------------------

    def _split_unrepaired(self):
        """:return: the line of the goods that could not be repaired: this one, where it has no others"""
        self.ensure_one()
        unrepaired = self._get_unrepaired()
        quantity = self._fit_unit(sum(unrepaired.mapped('quantity')))
        awaited = self._get_quantity_awaited() + self.quantity_missing
        if self.uom_id.compare(quantity, self.quantity_received) >= 0 and self.uom_id.compare(awaited, 0.0) <= 0:
            return self
        part = self._create_part(quantity, unrepaired.lot_id & self.lot_ids)
        self._move_receipts(unrepaired, part)
        self._shrink_repairs(self.uom_id.round(self.quantity_accepted - quantity))
        share = self.company_currency_id.round(self.amount_company * quantity / self.quantity)
        part._write_flow({'amount_company': share})
        self._write_flow({
            'amount_company': self.company_currency_id.round(self.amount_company - share),
            'lot_ids': [fields.Command.unlink(lot.id) for lot in part.lot_ids],
            'quantity_settled': self.uom_id.round(sum(self.settlement_ids.filtered(
                lambda settlement: settlement.state != 'cancelled').mapped('quantity'))), **{
                name: self.uom_id.round(self[name] - quantity)
                for name in ('quantity', 'quantity_approved', 'quantity_received', 'quantity_accepted')}})
        part._write_flow({'quantity_approved': quantity, 'quantity_received': quantity, 'quantity_accepted': quantity})
        self._update_repaired()  # of what is left all may have gone back already
        self.request_id.step_ids.filtered(lambda step: step.line_ids & self and step.state == 'approved').write({
            'line_ids': [fields.Command.link(part.id)]})
        self.request_id.message_post(body=self.env._(
            "%(quantity)s %(unit)s of %(product)s could not be repaired and go on by themselves.",
            quantity=f"{quantity:.10g}", unit=self.uom_id.name, product=self.product_id.display_name))
        return part

    def _create_part(self, quantity, lots):
        """:return: a line like this one, of ``quantity`` that is still to be counted as approved and come"""
        frozen = {
            name: field.convert_to_write(self[name], self)
            for name, field in ((name, self._fields[name]) for name in self._get_flow_fields() - OWN)
            if field.store and not field.compute and field.type not in ('one2many', 'many2many')}
        part = self.copy({'quantity': quantity, 'lot_ids': [fields.Command.set(lots.ids)], 'is_settle_laid': True})
        part._write_flow(frozen)
        return part

    def _move_receipts(self, inspections, part):
        """Nothing moves: what came with these receipts came for ``part``.

        :param inspections: of the goods of ``part``
        """
        for receipt, here in inspections.grouped('move_id').items():
            goods = {}
            for inspection in here:
                left = inspection.quantity
                for piece in receipt.move_line_ids.filtered(lambda piece, lot=inspection.lot_id: piece.lot_id == lot):
                    key = (piece.lot_id, piece.location_dest_id)
                    taken = min(left, piece.quantity_product_uom - goods.get(key, 0.0))
                    if inspection.uom_id.compare(taken, 0.0) > 0:
                        goods[key] = goods.get(key, 0.0) + taken
                        left -= taken
            move = receipt._returns_split_done(goods)
            if move != receipt:
                move.write({
                    'origin_returned_move_id': receipt.origin_returned_move_id.id, 'returns_line_id': part.id,
                    'move_orig_ids': [fields.Command.set(receipt.move_orig_ids.ids)]})
            else:
                move.write({'returns_line_id': part.id})
            here.write({'move_id': move.id, 'request_line_id': part.id})

    def _shrink_repairs(self, quantity):
        """No more is planned to be repaired, or was, than ``quantity``, in ``uom_id``: the youngest plans go first."""
        live = self.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
        excess = self.uom_id.round(sum(live.mapped('quantity')) - quantity)
        for settlement in live.filtered(lambda settlement: settlement.state == 'planned').sorted('id', reverse=True):
            part = min(excess, settlement.quantity)
            if self.uom_id.compare(part, 0.0) <= 0:
                break
            excess = self.uom_id.round(excess - part)
            if self.uom_id.compare(part, settlement.quantity) >= 0:
                settlement.write({'state': 'cancelled', 'date_done': False})
            else:
                settlement.write({'quantity': self.uom_id.round(settlement.quantity - part)})

    # ------------------------------------------------------------------
    # Settling
    # ------------------------------------------------------------------

    def _settle(self):
        """What the customer is compensated for becomes ours."""
        self.filtered(lambda line: (
            line._is_decided_otherwise() and line._get_quantity_to_settle() > 0)).inspection_ids._take_over()
        return super()._settle()

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_customer_verdict(self):
        told = super()._get_customer_verdict()
        if self._is_unrepaired():
            told = [*told, self._get_unrepaired_words()]
        return told

    def _is_unrepaired(self):
        """Whether the customer is told that goods could not be repaired."""
        self.ensure_one()
        return bool(self.repair_decision) or bool(self._get_unrepaired())

    def _get_quantity_unrepaired_told(self):
        """:return: how many could not be repaired, in ``uom_id``"""
        self.ensure_one()
        failed = self._get_findings_here().filtered('repair_failure')
        return self._from_product_uom(sum(failed.mapped('quantity')))

    def _get_unrepaired_words(self):
        """:return: in the customer's words, what comes of goods that could not be repaired"""
        self.ensure_one()
        return {
            'refund': self.env._("It could not be repaired. You get your money back instead."),
            'store_credit': self.env._("It could not be repaired. You get a credit on your account instead."),
            'exchange': self.env._("It could not be repaired. You get a replacement instead."),
            'back': self.env._("It could not be repaired. You get it back as it is."),
        }.get(self.repair_decision, self.env._("It could not be repaired. We decide what you get instead."))

    def _get_settled_words(self):
        if self.resolution == 'repair' and self.repair_decision == 'back':
            is_all = all(self._get_findings_here().mapped('repair_failure'))
            return self.env._("Sent back, not repaired") if is_all else self.env._("Sent back")
        return super()._get_settled_words()
