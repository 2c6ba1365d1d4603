// SPDX-License-Identifier: GPL-3.0-or-later

// The only header of core that includes libtorch: what structs of tensors and the error border
// need.
//
// Headers whose functions only pass tensors declare at::Tensor instead; .cpp files include the ATen
// headers they compute with.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
