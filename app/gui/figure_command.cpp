// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/figure_command.h"

#include <QCommandLineParser>
#include <QFile>
#include <QFileInfo>

#include <cmath>
#include <cstdio>

#include "app/cli/exit_code.h"
#include "app/cli/reference_folder.h"
#include "app/control/phase_control.h"
#include "app/control/phase_findings.h"
#include "core/base/numbers.h"
#include "core/trajectory/trajectory_store.h"
#include "views/figure/figure_venue.h"
#include "views/figure/figure_writer.h"

namespace gridscope::app {

namespace {

using views::FigureInput;
using views::FigureSpec;

void print(std::FILE* stream, const QString& text) {
    std::fprintf(stream, "%s\n", text.toUtf8().constData());
}

int fail(const Error& error) {
    print(stderr, QString::fromStdString(error.toText()));
    return static_cast<int>(exitCodeOf(error.code));
}

Error usage(const QString& option, const QString& why) {
    return {ErrorCode::SettingsSyntax, option.toStdString(), why.toStdString(),
            "gridscope figure --help shows the arguments."};
}

void addOptions(QCommandLineParser& parser) {
    const auto add = [&parser](const char* name, const char* help, const char* value) {
        parser.addOption(
            {QString::fromLatin1(name), QString::fromLatin1(help), QString::fromLatin1(value)});
    };
    parser.setApplicationDescription(
        QStringLiteral("Writes figures of a trajectory or a fork experiment to files."));
    parser.addHelpOption();
    parser.addPositionalArgument(
        QStringLiteral("input"),
        QStringLiteral("trajectory (.h5), or folder of a fork experiment"));
    add("figure", "figure to draw (--list names them)", "name");
    add("out", "file to write; the suffix decides unless --format is given", "path");
    add("format", "comma-separated: pdf, svg, png, csv", "formats");
    add("venue",
        "sizes of a venue: neurips, iclr, icml, aistats, uai, cvpr, aaai, jmlr, tmlr, eccv, slide",
        "venue");
    add("columns", "with --venue: 1 for a column (default), 2 for the page width", "1|2");
    add("width", "width, such as 3.25in", "width");
    add("height", "height, such as 2in", "height");
    add("font-size", "base font in points", "points");
    add("font", "font family", "family");
    add("dpi", "resolution of PNG", "dpi");
    add("steps", "range of steps, such as 1000:80000", "A:B");
    add("grid", "grid id", "id");
    add("layer", "name or number of a matrix", "layer");
    add("reference", "with fork: table2, the paper's numbers as hollow markers", "table");
    parser.addOption({QStringLiteral("linear"), QStringLiteral("linear step axis")});
    parser.addOption({QStringLiteral("overwrite"), QStringLiteral("replace existing files")});
    parser.addOption({QStringLiteral("quiet"), QStringLiteral("print no paths")});
    parser.addOption({QStringLiteral("list"), QStringLiteral("list the figures")});
}

Expected<double> numberOf(const QString& option, QString text) {
    if (text.endsWith(QStringLiteral("in"))) text.chop(2);
    const auto number = parseDouble(text.toStdString());
    if (!number || !std::isfinite(*number))
        return usage(option, QStringLiteral("expected a number, found \"%1\"").arg(text));
    return *number;
}

Expected<int> layerOf(const QString& text, const Trajectory& trajectory) {
    bool isNumber = false;
    const int index = text.toInt(&isNumber);
    const int count = static_cast<int>(trajectory.layers.size());
    if (isNumber && index >= 0 && index < count) return index;
    const std::string name = text.toStdString();
    for (int i = 0; i < count; ++i) {
        const LayerInfo& layer = trajectory.layers[static_cast<std::size_t>(i)];
        if (layer.name == name || std::to_string(layer.block) + "." + layer.kind == name) return i;
    }
    return usage(QStringLiteral("--layer"),
                 QStringLiteral("there is no matrix \"%1\" in this trajectory").arg(text));
}

/// @param trajectory null of a fork experiment
Expected<FigureSpec> specOf(const QCommandLineParser& parser, const Trajectory* trajectory) {
    FigureSpec spec;
    if (trajectory == nullptr) spec.name = views::forkFigureNames().front();
    const auto has = [&parser](const char* name) {
        return parser.isSet(QString::fromLatin1(name));
    };
    const auto value = [&parser](const char* name) {
        return parser.value(QString::fromLatin1(name));
    };
    if (has("figure")) spec.name = value("figure");
    if (has("venue")) {
        const QString columns = has("columns") ? value("columns") : QStringLiteral("1");
        if (columns != QStringLiteral("1") && columns != QStringLiteral("2"))
            return usage(QStringLiteral("--columns"), QStringLiteral("expected 1 or 2"));
        GRIDSCOPE_TRY(views::applyVenue(
            spec, value("venue"),
            columns == QStringLiteral("2") ? views::ColumnSpan::Page : views::ColumnSpan::One));
    }
    if (has("width")) {
        GRIDSCOPE_TRY_ASSIGN(width, numberOf(QStringLiteral("--width"), value("width")));
        spec.widthInches = width;
    }
    if (has("height")) {
        GRIDSCOPE_TRY_ASSIGN(height, numberOf(QStringLiteral("--height"), value("height")));
        spec.heightInches = height;
    }
    if (has("font-size")) {
        GRIDSCOPE_TRY_ASSIGN(size, numberOf(QStringLiteral("--font-size"), value("font-size")));
        spec.baseFontPoints = size;
    }
    if (has("font")) spec.fontFamily = value("font");
    if (has("dpi")) {
        GRIDSCOPE_TRY_ASSIGN(dpi, numberOf(QStringLiteral("--dpi"), value("dpi")));
        if (dpi < 1 || dpi > 100000 || dpi != std::floor(dpi))
            return usage(QStringLiteral("--dpi"), QStringLiteral("expected a whole number"));
        spec.dpi = static_cast<int>(dpi);
    }
    if (has("grid")) spec.grid = value("grid");
    if (has("reference")) {
        if (trajectory != nullptr || value("reference") != QStringLiteral("table2"))
            return usage(QStringLiteral("--reference"),
                         QStringLiteral("expected table2, with the folder of a fork experiment"));
        spec.references = true;
    }
    if (has("layer")) {
        if (trajectory == nullptr)
            return usage(QStringLiteral("--layer"),
                         QStringLiteral("a fork experiment has no values of single layers"));
        GRIDSCOPE_TRY_ASSIGN(layer, layerOf(value("layer"), *trajectory));
        spec.layer = layer;
    }
    if (has("linear")) spec.stepScale = views::StepScale::Linear;
    if (has("steps")) {
        const QStringList ends = value("steps").split(QLatin1Char(':'));
        if (ends.size() != 2)
            return usage(QStringLiteral("--steps"), QStringLiteral("expected A:B"));
        GRIDSCOPE_TRY_ASSIGN(low, numberOf(QStringLiteral("--steps"), ends[0]));
        GRIDSCOPE_TRY_ASSIGN(high, numberOf(QStringLiteral("--steps"), ends[1]));
        if (!(low < high))
            return usage(QStringLiteral("--steps"), QStringLiteral("A must be below B"));
        spec.stepRange = views::AxisRange{low, high};
    }
    GRIDSCOPE_TRY(views::checkFigureSpec(spec));
    return spec;
}

Expected<FigureInput> runInput(const QCommandLineParser& parser,
                               const std::filesystem::path& file) {
    GRIDSCOPE_TRY_ASSIGN(loaded, readTrajectory(systemFileOps(), file));
    GRIDSCOPE_TRY_ASSIGN(spec, specOf(parser, loaded.trajectory.get()));
    GRIDSCOPE_TRY_ASSIGN(overrides, parseBoundaryOverrides(loaded.trajectory->overridesJson));
    FigureInput input;
    input.table = std::make_shared<const SeriesTable>(loaded.trajectory);
    input.spec = std::move(spec);
    if (const auto found = findPhases(*input.table))
        input.phases = bandsOf(findingsOf(found->report, overrides, QStringLiteral("derivative")));
    return input;
}

Expected<FigureInput> forkInput(const QCommandLineParser& parser,
                                const std::filesystem::path& folder) {
    FigureInput input;
    GRIDSCOPE_TRY_ASSIGN(spec, specOf(parser, nullptr));
    input.spec = std::move(spec);
    const std::string grid = parser.value(QStringLiteral("grid")).toStdString();
    GRIDSCOPE_TRY_ASSIGN(results, readForkResults(systemFileOps(), folder, grid));
    input.spec.grid = QString::fromStdString(results.gridId);
    ForkReport report = makeForkReport(std::move(results));
    if (input.spec.references) {
        GRIDSCOPE_TRY_ASSIGN(paper, readPaperFork(systemFileOps(), referenceFolder()));
        report.paper = std::move(paper);
    }
    input.fork = std::make_shared<const ForkReport>(std::move(report));
    return input;
}

/// One path for each format, made from --out.
QStringList outputPaths(const QCommandLineParser& parser) {
    const QString out = parser.value(QStringLiteral("out"));
    if (!parser.isSet(QStringLiteral("format"))) return {out};
    QString stem = out;
    const QString suffix = QFileInfo(out).suffix();
    if (views::figureFormatOf(out)) stem.chop(suffix.size() + 1);
    QStringList paths;
    for (const QString& format : parser.value(QStringLiteral("format")).split(QLatin1Char(',')))
        paths.append(QString(stem % QLatin1Char('.') % format.trimmed()));
    return paths;
}

int writeAll(const QCommandLineParser& parser, const FigureInput& input) {
    int written = 0;
    int worst = static_cast<int>(ExitCode::Done);
    const QStringList paths = outputPaths(parser);
    for (const QString& path : paths) {
        if (QFileInfo::exists(path) && !parser.isSet(QStringLiteral("overwrite"))) {
            worst = fail({ErrorCode::OutputExists, path.toStdString(), "the file exists already",
                          "Choose another name, or give --overwrite."});
            continue;
        }
        if (const auto outcome = views::writeFigure(input, path); !outcome) {
            worst = fail(outcome.error());
            continue;
        }
        ++written;
        if (!parser.isSet(QStringLiteral("quiet"))) print(stdout, path);
    }
    if (written > 0 && written < paths.size()) return static_cast<int>(ExitCode::SomeFailed);
    return worst;
}

}  // namespace

int runFigureCommand(const QStringList& arguments) {
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(QStringList{QStringLiteral("gridscope figure")} + arguments))
        return fail(usage(QStringLiteral("figure"), parser.errorText()));
    if (parser.isSet(QStringLiteral("help"))) {
        print(stdout, parser.helpText());
        return 0;
    }
    if (parser.isSet(QStringLiteral("list"))) {
        print(stdout, views::figureNames().join(QLatin1Char('\n')));
        return 0;
    }
    if (parser.positionalArguments().size() != 1)
        return fail(usage(QStringLiteral("figure"),
                          QStringLiteral("expected one trajectory file or fork folder")));
    if (!parser.isSet(QStringLiteral("out")))
        return fail(usage(QStringLiteral("--out"), QStringLiteral("no file to write was given")));
    for (const QString& path : outputPaths(parser))
        if (const auto format = views::figureFormatOf(path); !format) return fail(format.error());

    const QString given = parser.positionalArguments().front();
    const std::filesystem::path path(QFile::encodeName(given).toStdString());
    const auto input = QFileInfo(given).isDir() ? forkInput(parser, path) : runInput(parser, path);
    if (!input) return fail(input.error());
    return writeAll(parser, *input);
}

}  // namespace gridscope::app
