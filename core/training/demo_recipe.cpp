// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/training/demo_recipe.h"

namespace gridscope {

DemoRecipe demoRecipe() {
    DemoRecipe recipe;
    TrainingSettings& training = recipe.training;
    ModelConfig& model = training.model;
    model.architecture = Architecture::GptNeox;
    model.modelType = "gpt_neox";
    model.vocabularyRows = recipe.vocabulary;
    model.hidden = 32;
    model.layers = 4;
    model.heads = 2;
    model.keyValueHeads = 2;
    model.headDimension = 16;
    model.intermediate = 128;
    model.maxPositions = 64;
    model.rope.rotaryDimensions = 4;  // a quarter of each head, as in Pythia
    training.steps = 14'000;
    training.batch = 8;
    training.length = 64;
    training.weightDecay = 0.0;
    training.saveSteps = {0, 16, 64, 128, 256, 512};
    for (std::int64_t step = 1000; step <= training.steps; step += 1000)
        training.saveSteps.push_back(step);
    return recipe;
}

DemoRecipe quickDemoRecipe() {
    DemoRecipe recipe = demoRecipe();
    recipe.training.steps = 2'000;
    recipe.training.saveSteps = {0, 16, 64, 128, 256, 512, 1000, 1500, 2000};
    return recipe;
}

}  // namespace gridscope
