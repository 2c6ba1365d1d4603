# SPDX-License-Identifier: GPL-3.0-or-later
gridscope_add_test(tst_views_navigation_history tst_navigation_history.cpp LINK gridscope_views)
gridscope_add_test(tst_views_navigation_cursor tst_navigation_cursor.cpp LINK gridscope_views)
