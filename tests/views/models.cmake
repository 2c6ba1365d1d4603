# SPDX-License-Identifier: GPL-3.0-or-later
gridscope_add_test(tst_views_models_checkpoints tst_models_checkpoints.cpp LINK gridscope_views)
gridscope_add_test(tst_views_models_trees tst_models_trees.cpp LINK gridscope_views)
