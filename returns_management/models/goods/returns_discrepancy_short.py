# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import AccessError, UserError


class ReturnsDiscrepancy(models.Model):
    """Pieces that a parcel was to bring and did not hold. They wait, the others go on: nothing of them is paid, closed or
    announced again before somebody says what becomes of them.
    """
    _inherit = 'returns.discrepancy'

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_close_short(self, comment=None):
        """The missing pieces do not come, and nothing is paid for them.

        :param str comment: how we know; else the outcome written on the case
        """
        self._check_case_role('agent_all', 'inspector')
        outcomes = self._read_outcome(comment)
        self._as_flow()._do_close_short({case.id: outcome for case, outcome in outcomes.items()})
        return True

    def action_waive(self, comment=None):
        """Believe the customer: the missing pieces are settled although they never came.

        :param str comment: why; else the outcome written on the case
        :raise AccessError: neither agent for all returns nor manager, or the user handled the return themselves
        """
        self._check_case_role('agent_all')
        outcomes = self._read_outcome(comment)
        for request in self.request_id.sudo():
            handlers = request.create_uid | request.user_id | request.handler_ids
            if self.env.user in handlers and not request.company_id.returns_allow_own_decision and not self.env.su:
                raise AccessError(self.env._(
                    "You handled %s yourself: have somebody else decide that goods are paid for which never came.",
                    request.name))
        self._as_flow()._do_waive({case.id: outcome for case, outcome in outcomes.items()})
        return True

    def action_await(self, comment=None):
        """The missing pieces come with another parcel: they are announced again.

        :param str comment: how we know; else the outcome written on the case
        """
        self._check_case_role('agent', 'inspector')
        outcomes = self._read_outcome(comment)
        self._as_flow()._do_await({case.id: outcome for case, outcome in outcomes.items()})
        return True

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _lock_short(self, outcomes):
        """:return: those of these cases that are open, locked, with their outcome written down
        :raise UserError: no pieces are missing in one of them
        """
        for case in self:
            if case.kind != 'short' or not case.is_counted:
                raise UserError(self.env._("%s: no announced pieces are missing in this case.", case.display_name))
        cases = self._lock_cases()
        for case in cases:
            case.outcome = outcomes[case.id]
        return cases

    def _do_close_short(self, outcomes):
        """:param dict outcomes: {case id: how it was settled}; our own people read it"""
        cases = self._lock_short(outcomes)
        pieces = {}
        for case in cases:
            line = case.request_line_id
            pieces[line] = pieces.get(line, 0.0) + case.quantity
            line._close_missing(case.quantity)
            line._write_flow({'rejection_note': case._get_short_words()})
        cases._set_closed('short')
        cases.request_line_id._advance()
        cases.request_line_id._claim_advances(pieces)

    def _get_short_words(self):
        """:return: why the customer gets nothing for these pieces, in their language"""
        self.ensure_one()
        words = self.with_context(lang=self.partner_id.lang or self.env.lang)
        return words.env._("%(quantity)s of %(product)s were not in your parcel.",
                           quantity=f"{self.quantity:.10g}", product=words.product_id.display_name)

    def _do_waive(self, outcomes):
        cases = self._lock_short(outcomes)
        for case in cases:
            case.request_line_id._waive_missing(case.quantity)
            case.request_id.message_post(body=self.env._(
                "%(quantity)s %(unit)s of %(product)s never came and are settled all the same: %(outcome)s",
                quantity=f"{case.quantity:.10g}", unit=case.uom_id.name, product=case.product_id.display_name,
                outcome=case.outcome))
        cases._set_closed('waived')
        cases.request_line_id._advance()

    def _do_await(self, outcomes):
        cases = self._lock_short(outcomes)
        lines = cases.request_line_id
        cases._set_closed('awaited')
        lines._update_missing()
        cases.request_id._set_ship_by(lines)
        lines._advance()
        cases.request_id._prepare_reception()


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _do_cancel(self):
        super()._do_cancel()
        self.line_ids._drop_missing()

    def _get_next_step_note(self):
        """Where all that can go on has gone on, what is missing is what the return waits for."""
        missing = self.line_ids.filtered('quantity_missing')
        if missing and self.state in ('received', 'settlement') and not any(
                line._get_quantity_to_settle() or line.inspection_ids.filtered(
                    lambda inspection: inspection.state == 'draft' and not inspection.previous_id)
                for line in self.line_ids):
            return self.env._("Waiting for an answer about what is missing: %s.", ", ".join(
                f"{line.quantity_missing:.10g} × {line.product_id.display_name}" for line in missing))
        return super()._get_next_step_note()


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _get_short_cases(self):
        """:return: the open cases about missing pieces of these lines, youngest first"""
        return self.env['returns.discrepancy'].search([
            ('request_line_id', 'in', self.ids), ('kind', '=', 'short'), ('state', '=', 'open'),
            ('is_counted', '=', True)], order='id desc')

    def _update_missing(self):
        """``quantity_missing`` = what the open cases of each line say."""
        cases = self._get_short_cases().grouped('request_line_id')
        for line in self:
            missing = line._fit_unit(sum(case.quantity for case in cases.get(line, ())))
            if line.uom_id.compare(missing, line.quantity_missing):
                line._write_flow({'quantity_missing': missing})

    def _close_found(self):
        """Missing pieces came after all, or went another way: the youngest cases are about fewer now, or over."""
        for line, cases in self._get_short_cases().grouped('request_line_id').items():
            unit = line.product_id.uom_id
            found = unit.round(sum(cases.mapped('quantity')) - line._to_product_uom(line.quantity_missing))
            for case in cases:
                part = min(found, case.quantity)
                if unit.compare(part, 0.0) <= 0:
                    break
                found = unit.round(found - part)
                if unit.compare(part, case.quantity) == 0:
                    case._set_closed('found')
                else:
                    case.quantity = unit.round(case.quantity - part)
                    case._message_log(body=self.env._(
                        "%(part)s came after all; %(rest)s are still missing.", part=f"{part:.10g}",
                        rest=f"{case.quantity:.10g}"))

    def _drop_missing(self):
        """Nobody has to find out any more what became of pieces of these lines that are missing."""
        missing = self.filtered('quantity_missing')
        missing._get_short_cases()._set_closed('other')
        missing._write_flow({'quantity_missing': 0.0})

    def _reject(self, note):
        """Nothing is left of what was closed short, missing or waived before."""
        self._drop_missing()
        self.filtered(lambda line: line.quantity_closed or line.quantity_waived)._write_flow({
            'quantity_closed': 0.0, 'quantity_waived': 0.0})
        super()._reject(note)

    def _close_missing(self, pieces):
        """``pieces`` (product's unit) that are missing do not come, and are not paid for."""
        self.ensure_one()
        quantity = self._fit_unit(pieces)
        advanced = max(
            self.quantity_advanced - quantity, self.quantity_settled - self.quantity_accepted, self.quantity_waived)
        self._write_flow({
            'quantity_closed': self.uom_id.round(self.quantity_closed + quantity),
            'quantity_missing': self.uom_id.round(self.quantity_missing - quantity),
            'quantity_advanced': self.uom_id.round(min(advanced, self.quantity_advanced))})

    def _waive_missing(self, pieces):
        """``pieces`` (product's unit) that are missing never come, and may be settled like those that are accepted.

        Those that may be settled in advance already need no more room for it.
        """
        self.ensure_one()
        quantity = self._fit_unit(pieces)
        # after they were settled in advance
        refused = max(0.0, self.quantity_settled - self.quantity_accepted - self._get_quantity_to_inspect())
        covered = min(quantity, max(0.0, self.quantity_advanced - self.quantity_waived - refused))
        self._write_flow({
            'quantity_waived': self.uom_id.round(self.quantity_waived + quantity),
            'quantity_missing': self.uom_id.round(self.quantity_missing - quantity),
            'quantity_advanced': self.uom_id.round(self.quantity_advanced + quantity - covered)})
