# SPDX-License-Identifier: GPL-3.0-or-later
gridscope_add_test(tst_views_probe_dialog tst_probe_dialog.cpp LINK gridscope_views)
