# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What happened in the demo company. Pure data: returns_demo.py makes it come true.

Days count backwards: 92 is 92 days ago. What a customer wrote, what colleagues answered and what an inspector
found is text of the demo and is not translated.
"""

from typing import NamedTuple

PRODUCTS = {
    'chair': 'product.product_delivery_01',
    'chair_black': 'product.product_product_12',
    'conference_chair': 'product.product_product_11',
    'cabinet': 'product.product_product_6',
    'cabinet_doors': 'product.product_product_10',
    'drawer': 'product.product_product_27',
    'lamp': 'product.product_delivery_02',
    'bin': 'product.product_product_9',
    'stand': 'product.monitor_stand',
    'stand_screen': 'product.product_product_22',
    'screen': 'product.product_product_acoustic_bloc_screens_black',
    'workplace': 'product.product_product_24',
    'desk_four': 'product.consu_delivery_03',
    'desk_frame': 'returns_management.demo_product_desk_frame',
    'sofa': 'product.consu_delivery_01',
}
CUSTOMERS = {  # the company that buys, and who asks
    'acme': ('base.res_partner_2', 'base.res_partner_address_3'),
    'azure': ('base.res_partner_12', 'base.res_partner_address_15'),
    'gemini': ('base.res_partner_3', 'base.res_partner_address_5'),
    'jackson': ('base.res_partner_10', 'base.res_partner_address_17'),
    'lights_up': ('base.res_partner_6', 'base.res_partner_6'),
    'lumber': ('base.res_partner_18', 'base.res_partner_address_30'),
    'open_wood': ('base.res_partner_5', 'base.res_partner_5'),
    'ready_mat': ('base.res_partner_4', 'base.res_partner_address_13'),
    'wood_corner': ('base.res_partner_1', 'base.res_partner_address_2'),
    'joel': ('base.partner_demo_portal', 'base.partner_demo_portal'),  # logs in to the portal as portal
}


class Line(NamedTuple):
    product: str
    quantity: float
    reason: str
    resolution: str = 'refund'
    answer: str = ''


class Finding(NamedTuple):
    disposition: str
    grade: str
    cause: str
    note: str = ''
    accepted: float | None = None  # all
    shares: tuple = ()  # (party, percent), where several are responsible


class Story(NamedTuple):
    """Goods sold, and the return that came of it. What a customer bought on one day is one order.

    ``sold``: when; delivered and invoiced two days later, and paid after two weeks if ``paid``. Without ``order``, nobody
    finds one.
    ``asked``: when the return was filed, by the user ``returns_<by>``.
    ``life``: (days ago, verb, *arguments) in their order; the verbs are methods of ``World``.
    """
    name: str
    customer: str
    sold: int
    order: tuple
    asked: int
    lines: tuple
    note: str
    life: tuple = ()
    by: str = 'agent'
    channel: str = 'phone'
    photos: int = 0
    paid: bool = False
    urgent: bool = False


STORIES = (
    # -- closed ------------------------------------------------------------------------------------------
    Story(
        'gas_lift', 'azure', 105, (('chair', 10),), 92,
        (Line('chair', 2, 'quality_defect', answer="Both sink to the lowest height within a minute, since day one."),),
        "Two of the ten chairs do not hold their height. Photo of the oil under one of them attached.",
        (
            (92, 'submit'),
            (91, 'approve', 'sales', "Good customer, known issue. Take them back."),
            (90, 'approve', 'quality', "Same batch as last month. Please keep them for us."),
            (83, 'receive'),
            (82, 'inspect', Finding('scrap', 'd', 'material', "Gas lift leaks oil on both. Supplier batch 2231.")),
            (80, 'settle'),
            (80, 'post'),
        ),
        channel='email', photos=1, paid=True,
    ),
    Story(
        'wrong_colour', 'ready_mat', 104, (('cabinet', 6),), 90,
        (Line('cabinet', 2, 'changed_mind'),),
        "The cabinets are fine, but two of them do not go with the new carpet. Never opened.",
        (
            (90, 'submit'), (88, 'approve', 'sales', "Unopened, within the 90 days."), (83, 'receive'),
            (82, 'inspect', Finding('restock', 'a', 'no_fault', "Still sealed.")), (80, 'settle'), (80, 'post'),
        ),
        by='agent_all', paid=True,
    ),
    Story(
        'wrong_drawers', 'gemini', 104, (('drawer', 8),), 90,
        (Line('drawer', 3, 'wrong_item', 'exchange', "Drawers with the handle on the left."),),
        "Three boxes contain the left-hand version. We need the right-hand one as ordered.",
        (
            (90, 'submit'), (88, 'approve', 'sales', "Our mistake. Please send the right ones soon."), (83, 'receive'),
            (82, 'inspect', Finding('restock', 'a', 'picking_error', "Left-hand version, put back on its own shelf.")),
            (80, 'ship'),
        ),
        channel='email',
    ),
    Story(
        'bent_stands', 'lumber', 104, (('stand', 40),), 87,
        (Line('stand', 4, 'transport_damage', answer="Yes, one corner was crushed."),),
        "Four of the forty stands are bent, the box had a crushed corner.",
        ((87, 'submit'), (80, 'settle'), (80, 'post')),
        channel='email', photos=1,
    ),
    Story(
        'one_lamp', 'lights_up', 104, (('lamp', 12),), 87,
        (Line('lamp', 1, 'need_changed'),),
        "One desk less than planned, so one lamp is left over.",
        (
            (87, 'submit'), (83, 'receive'), (82, 'inspect', Finding('restock', 'a', 'no_fault')), (80, 'settle'),
            (80, 'post'),
        ),
        by='agent_all', paid=True,
    ),
    Story(
        'cut_screens', 'jackson', 104, (('screen', 4),), 84,
        (Line('screen', 4, 'changed_mind'),),
        "We moved to another floor and the screens are too high there. Can we give them back?",
        ((84, 'submit'),),
        channel='email',
    ),
    Story(
        'torn_seat', 'acme', 97, (('conference_chair', 12),), 84,
        (Line('conference_chair', 4, 'changed_mind'),),
        "Our meeting room is smaller than we thought: four chairs too many, not used.",
        (
            (84, 'submit'), (81, 'approve', 'sales', "Fine if they are unused."), (76, 'receive'),
            (75, 'inspect', Finding('restock', 'b', 'no_fault', "One of the four has a torn seat: used.", 3)),
            (73, 'ship'), (73, 'settle'), (73, 'post'),
        ),
        paid=True,
    ),
    Story(
        'used_chairs', 'wood_corner', 97, (('chair_black', 6),), 78,
        (Line('chair_black', 6, 'changed_mind'),),
        "Our staff prefer other chairs. They have been in use for two weeks and look good.",
        (
            (78, 'submit'),
            (77, 'reject', 'sales', "The chairs were assembled and used. We take back unused goods only."),
        ),
        by='agent_all',
    ),
    Story(
        'desk_too_long', 'open_wood', 97, (('desk_four', 1),), 75,
        (Line('desk_four', 1, 'not_suitable', answer="A row of four in our 4.80 m room."),),
        "With the aisle we must keep free, the desk is 20 cm too long. It stands here half assembled.",
        (
            (75, 'submit'),
            (74, 'approve', 'sales', "They order a lot; the drawing we sent did not show the feet."),
            (73, 'approve', 'committee_quality', "Can be repacked, I have seen the photos."),
            (72, 'approve', 'committee_sales', "Our drawing was not clear."),
            (72, 'reject', 'committee_finance', "Freight and repacking cost more than the margin."),
            (71, 'approve', 'chair', "Take it back, and have the drawing corrected."),
            (62, 'receive'),
            (61, 'inspect', Finding('refurbish', 'b', 'description', "One screw missing, packaging to be renewed.")),
            (59, 'approve', 'finance', "In line with the committee's vote."),
            (57, 'settle'), (57, 'post'),
        ),
        by='agent_all', channel='email', photos=1,
    ),
    Story(
        'found_room', 'azure', 77, (('cabinet_doors', 5),), 67,
        (Line('cabinet_doors', 2, 'ordered_by_mistake'),),
        "We ordered two more than we have room for.",
        (
            (67, 'submit'), (66, 'say', 'agent', "Nicole Ford called: they found a place for both and keep them."),
            (66, 'cancel'),
        ),
        by='agent',
    ),
    Story(
        'old_bins', 'gemini', 76, (('bin', 6),), 67,
        (Line('bin', 2, 'other', 'none', "Dented by ourselves; please recycle them."),),
        "We dented two bins ourselves. Please take them back for recycling as you offer; we expect no money.",
        (
            (67, 'submit'), (66, 'approve', 'sales', "Recycling as promised."), (62, 'receive'),
            (61, 'inspect', Finding('scrap', 'd', 'misuse')),
        ),
    ),
    Story(
        'two_things', 'ready_mat', 76, (('chair_black', 8), ('lamp', 4)), 64,
        (
            Line('chair_black', 2, 'does_not_fit', answer="Without armrests they would go under the table."),
            Line('lamp', 1, 'changed_mind'),
        ),
        "Two chairs do not fit under the table, and one of the lamps is not needed.",
        (
            (64, 'submit'), (63, 'approve', 'sales', "All unused."), (55, 'receive'),
            (54, 'inspect', Finding('restock', 'a', 'no_fault'), Finding('restock', 'a', 'no_fault')),
            (50, 'settle'), (50, 'post'),
        ),
        by='agent_all', paid=True,
    ),
    Story(
        'wrong_advice', 'lumber', 77, (('workplace', 3),), 64,
        (Line('workplace', 2, 'wrongly_advised', 'store_credit'),),
        "We were told that the panels can be joined. They cannot. We will take other desks from you instead.",
        (
            (64, 'submit'), (63, 'approve', 'sales', "Our adviser confirms it."), (55, 'receive'),
            (54, 'inspect', Finding('restock', 'a', 'description', "Complete, not assembled.")),
            (52, 'approve', 'finance', "Store credit agreed with the customer."), (50, 'settle'), (50, 'post'),
        ),
        by='agent_all', channel='store',
    ),
    Story(
        'screen_desk', 'jackson', 76, (('stand_screen', 2),), 60,
        (Line('stand_screen', 2, 'changed_mind'),),
        "Our IT department wants another system. Both ran for ten days.",
        (
            (60, 'submit'), (59, 'approve', 'sales', "I would like to keep this customer."),
            (58, 'reject', 'committee_finance', "Set up for you, we could not sell it again."),
            (57, 'abstain', 'committee_sales', "I negotiated the sale myself."),
            (57, 'reject', 'chair', "We gladly offer you a trade-in for the new system instead."),
            (56, 'reject', 'committee_quality', "Used, and with your data on it."),
        ),
    ),
    Story(
        'silent_motor', 'open_wood', 77, (('desk_frame', 6),), 57,
        (Line('desk_frame', 3, 'quality_defect', answer="Left motor is dead on all three, since assembly."),),
        "Three of the six frames do not move. The display shows E07.",
        (
            (57, 'submit'), (56, 'approve', 'sales', "Within the warranty."),
            (55, 'approve', 'quality', "E07 is the controller. Please send all three."), (48, 'receive'),
            (47, 'inspect', Finding('refurbish', 'c', 'production', "Controller replaced, motor runs."),
             Finding('refurbish', 'c', 'production', "Controller replaced, motor runs."),
             Finding('scrap', 'd', 'production', "Motor burnt out.")),
            (45, 'approve', 'finance', "Agreed, claim it from the supplier."), (44, 'settle'), (44, 'post'),
        ),
        channel='email', photos=1, urgent=True,
    ),
    Story(
        'third_chair', 'lights_up', 58, (('chair', 6),), 50,
        (Line('chair', 3, 'changed_mind'),),
        "Three chairs are too many after all.",
        (
            (50, 'submit'), (49, 'approve', 'sales', None), (41, 'receive', 2),
            (40, 'inspect', Finding('restock', 'a', 'no_fault')), (37, 'settle'), (37, 'post'),
            (33, 'close_short', "You told us that you keep the third chair."),
        ),
    ),
    Story(
        'dented_door', 'acme', 58, (('cabinet_doors', 6),), 50,
        (Line('cabinet_doors', 1, 'transport_damage', 'exchange', "Yes, we noted it on the delivery slip."),),
        "The door of one cabinet is dented. The driver signed for it.",
        (
            (50, 'submit'), (49, 'approve', 'sales', "Noted on the slip, so the carrier pays."), (41, 'receive'),
            (40, 'inspect', Finding('scrap', 'd', 'carrier', "Door and frame bent.")), (37, 'ship'),
        ),
        by='agent_all', channel='email', photos=2,
    ),
    Story(
        'cut_sofa', 'wood_corner', 58, (('sofa', 1),), 48,
        (Line('sofa', 1, 'quality_defect', answer="The seam at the back is open."),),
        "A seam at the back of the sofa opened after a week.",
        (
            (48, 'submit'), (47, 'approve', 'sales', "Please have a look at it."),
            (46, 'approve', 'quality', "Unusual, I want to see it."), (41, 'receive'),
            (40, 'inspect', Finding('second_choice', 'c', 'misuse', "Straight cut of 12 cm, made with a knife.")),
            (38, 'reject', 'finance', "It is a cut from unpacking, not an open seam. The sofa comes back to you."),
            (37, 'ship'),
        ),
        photos=1,
    ),
    Story(
        'over_lamps', 'gemini', 76, (('lamp', 10),), 34,
        (Line('lamp', 4, 'need_changed'),),
        "The project became smaller: four lamps come back.",
        (
            (34, 'submit'), (32, 'approve', 'sales', None), (27, 'receive', 5),
            (26, 'inspect', Finding('restock', 'a', 'no_fault', "Five in the box, four announced.")), (24, 'settle'),
            (24, 'post'),
        ),
    ),
    Story(
        'portal_lamp', 'joel', 42, (('lamp', 3),), 34,
        (Line('lamp', 1, 'need_changed'),),
        "I only need two of them.",
        (
            (34, 'submit'), (27, 'receive'), (26, 'inspect', Finding('restock', 'a', 'no_fault')), (24, 'settle'),
            (24, 'post'),
        ),
        channel='portal',
    ),
    # -- under way ---------------------------------------------------------------------------------------
    Story(
        'never_sent', 'azure', 76, (('chair', 8),), 44,
        (Line('chair', 2, 'changed_mind'),),
        "We would like to give back two of the chairs.",
        (
            (44, 'submit'), (43, 'approve', 'sales', None),
            (20, 'say', 'agent', "Reminded Brandon Freeman by phone: the chairs are still packed, he will send them."),
        ),
    ),
    Story(
        'fair_lamp', 'wood_corner', 33, (), 33,
        (Line('lamp', 1, 'changed_mind'),),
        "I bought this lamp from you at the fair, for cash, and it is too bright for my desk. The receipt is in the box.",
        (
            (33, 'submit'), (32, 'approve', 'sales', "Sold at our stand in spring, I remember them."),
            (31, 'approve', 'committee_quality', "It looks unused on the photo."),
            (31, 'approve', 'committee_sales', "The receipt is genuine, I signed it."),
            (30, 'approve', 'committee_finance', "Fine, at the price on the receipt."), (21, 'receive'),
            (20, 'inspect', Finding('restock', 'a', 'no_fault', "Our lamp, unused, with the receipt of the fair.")),
            (3, 'price', 32.0, "receipt of the fair, cash"),
        ),
        channel='email', photos=1,
    ),
    Story(
        'slow_refund', 'joel', 41, (('sofa', 1),), 31,
        (Line('sofa', 1, 'delivery_delay'),),
        "The sofa came three weeks after the promised day. We had bought another one by then.",
        (
            (31, 'submit'), (30, 'approve', 'sales', "We confirmed the date in writing. Take it back."), (16, 'receive'),
            (15, 'inspect', Finding('restock', 'a', 'no_fault', "Unopened.")),
            (4, 'complain', "The sofa was collected almost two weeks ago and there is still no refund."),
        ),
        channel='portal', urgent=True,
    ),
    Story(
        'sized_chairs', 'open_wood', 76, (('chair_black', 5),), 29,
        (Line('chair_black', 2, 'does_not_fit', answer="The low version would fit."),),
        "Two chairs are too high for the counter.",
        (
            (29, 'submit'), (28, 'approve', 'sales', None), (16, 'receive'),
            (15, 'inspect', Finding('restock', 'a', 'no_fault')), (2, 'settle'),
        ),
        by='agent_all',
    ),
    Story(
        'deep_cabinet', 'ready_mat', 41, (('cabinet', 4),), 26,
        (Line('cabinet', 1, 'not_suitable', answer="Folders of 35 cm; it is 32 cm deep."),),
        "Our folders are too deep for the cabinet.",
        (
            (26, 'submit'), (25, 'approve', 'sales', None), (16, 'receive'),
            (5, 'inspect', Finding('restock', 'a', 'no_fault')),
        ),
    ),
    Story(
        'keyless_doors', 'lumber', 76, (('cabinet_doors', 5),), 26,
        (Line('cabinet_doors', 2, 'wrongly_advised'),),
        "We were told that the doors can be locked. They cannot.",
        (
            (26, 'submit'), (25, 'approve', 'sales', "The catalogue does say lockable. Our fault."), (16, 'receive'),
            (5, 'inspect', Finding('restock', 'b', 'description', "Opened, complete.")),
        ),
        by='agent_all',
    ),
    Story(
        'wrong_doors', 'lights_up', 27, (('cabinet_doors', 4),), 17,
        (Line('cabinet_doors', 1, 'wrong_item', 'exchange', "One in grey instead of white."),),
        "One of the four is grey. We need it in white, please.",
        (
            (17, 'submit'), (16, 'approve', 'sales', None), (6, 'receive'),
            (5, 'inspect', Finding('restock', 'a', 'picking_error')),
        ),
    ),
    Story(
        'frame_squeaks', 'jackson', 27, (('desk_frame', 3),), 17,
        (Line('desk_frame', 1, 'quality_defect', answer="Loud squeak between 80 and 95 cm."),),
        "One of the frames squeaks so loudly that nobody wants to sit there.",
        (
            (17, 'submit'), (16, 'approve', 'sales', None), (14, 'approve', 'quality', "Please keep the serial label on it."),
            (2, 'receive'),
        ),
        channel='email', photos=1,
    ),
    Story(
        'not_the_picture', 'gemini', 27, (('workplace', 2),), 17,
        (Line('workplace', 2, 'not_as_described', answer="The panel is grey fabric; the page shows wood."),),
        "The side panels are made of fabric, your page shows wood.",
        (
            (17, 'submit'), (16, 'approve', 'sales', "The picture on the page is the old model."),
            (14, 'approve', 'quality', None), (6, 'receive'),
            (3, 'inspect', Finding('refurbish', 'b', 'description', "Complete; one panel unpacked.", shares=(
                ('sales', 70.0), ('supplier', 30.0)))),
        ),
        by='agent_all', photos=1,
    ),
    Story(
        'half_of_them', 'acme', 41, (('conference_chair', 20),), 13,
        (Line('conference_chair', 8, 'need_changed'),),
        "The event takes place online: eight chairs come back, in two cars.",
        (
            (13, 'submit'), (10, 'approve', 'sales', None), (6, 'receive', 5),
            (5, 'inspect', Finding('restock', 'a', 'no_fault')),
        ),
        by='agent_all',
    ),
    Story(
        'scratched_chairs', 'azure', 27, (('chair', 6),), 13,
        (Line('chair', 2, 'transport_damage', answer="The film was torn."),),
        "The backs of two chairs are scratched; the film around them was torn.",
        ((13, 'submit'), (12, 'approve', 'sales', None), (1, 'receive')),
        channel='email', photos=2,
    ),
    Story(
        'too_heavy_to_send', 'wood_corner', 41, (('workplace', 2),), 10,
        (Line('workplace', 1, 'quality_defect', answer="The top bends by two fingers in the middle, since last week."),),
        "The top of one workplace bends. It is screwed to the wall and three of us could not lift it.",
        (
            (10, 'submit'), (9, 'approve', 'sales', "Please have a look at it there."),
            (8, 'approve', 'quality', "I would like to see the screws before anything moves."), (8, 'look_there'),
        ),
        by='agent_all', channel='email', photos=1,
    ),
    Story(
        'soft_packaging', 'lumber', 27, (('chair', 9),), 9,
        (Line('chair', 3, 'packaging'),),
        "Three boxes were so soft that the chairs stood in the yard in the rain.",
        ((9, 'submit'), (8, 'approve', 'sales', "Third time this quarter. Quality should look at the boxes.")),
        photos=1, urgent=True,
    ),
    Story(
        'no_wall', 'wood_corner', 27, (('cabinet', 3),), 6,
        (Line('cabinet', 1, 'wrongly_advised'),),
        "The cabinet must be fixed to a solid wall. Nobody told us, and ours are plasterboard.",
        ((6, 'submit'), (4, 'approve', 'sales', "Our adviser should have asked.")),
        channel='chat',
    ),
    Story(
        'forgotten_doors', 'azure', 104, (('cabinet_doors', 4),), 4,
        (Line('cabinet_doors', 2, 'need_changed'),),
        "We found two unopened cabinets in the basement. We know that we are late: would you still take them?",
        (
            (4, 'submit'), (3, 'approve', 'sales', "Late, but unopened and they sell well."),
            (1, 'approve', 'committee_quality', "Unopened, no objection."),
        ),
        by='agent_all', channel='email',
    ),
    Story(
        'bin_pedal', 'joel', 27, (('bin', 2),), 2,
        (Line('bin', 1, 'not_suitable', answer="Under a desk 40 cm high."),),
        "The lid hits the desk when it opens.",
        ((2, 'submit'),),
        channel='portal',
    ),
    Story(
        'too_many_bins', 'ready_mat', 27, (('bin', 10),), 1,
        (Line('bin', 4, 'ordered_by_mistake'),),
        "A typing mistake: we need six, not ten.",
        ((1, 'submit'),),
    ),
    Story(
        'tall_drawers', 'acme', 27, (('drawer', 6),), 1,
        (Line('drawer', 2, 'does_not_fit', answer="55 cm instead of 60 cm."),),
        "Two drawers do not fit under the desks. The customer measures again and calls back.",
        by='agent_all',
    ),
    Story(
        'other_chair', 'lights_up', 58, (('conference_chair', 6),), 0,
        (Line('conference_chair', 1, 'wrong_item', answer="One in aluminium."),),
        "One of the six chairs is the aluminium version.",
        channel='email', photos=1,
    ),
)
