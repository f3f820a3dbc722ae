"""Networks without Textual: training by EM beside backpropagation, scores, sweeps and costs."""
