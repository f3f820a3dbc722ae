"""Charts: the only part of emtui that draws. It knows numpy, Textual and plotext, and nothing of EM.

A chart shows a `Scene`, a frozen value made of arrays, and keeps what it drew until the scene, its size or the theme
changes. A changed picture is a new scene; arrays given to a scene are never changed afterwards.

    chart = Chart()                                   # compose it like any widget; its palette follows the theme
    p = chart.palette                                 # colours and markers of the components
    layers = [Cloud(X[:, 0], X[:, 1], R, p.colors(K), p.markers(K), highlight=70)]  # data, mixed by R (n, K)
    for k in range(K):
        layers += [Ellipse(means[k], covariances[k], 1.0, p.color(k)),
                   Ellipse(means[k], covariances[k], 2.0, p.color(k), "dotted"),
                   Trail(path[:, k, 0], path[:, k, 1], p.color(k)),
                   Mark(means[k, 0], means[k, 1], p.mean_marker, p.text)]
    chart.set_scene(Scene(layers, x_label="petal length", y_label="petal width", description="in words"))
    curves.set_scene(Scene([VLine(t), Curve(steps, log_likelihood, p.color(0), label="log p"),
                            Curve(steps, elbo, p.color(1), "dotted", label="bound")], x_label="half-step"))
    one_d.set_scene(Scene([histogram(x), Curve(grid, density, p.color(0), label="1")]))
    strip.set_rows(StripRows(R, order=None, cursor=70))    # HeatStrip -> HeatStrip.Picked(row)
    table.set_matrix(Matrix(confusion, classes, clusters, "g", corner="true"))  # Heatmap -> Heatmap.Picked
    # Chart.Picked(x, y), in data coordinates; in the cells of tables: bar(0.62, 10)
"""
