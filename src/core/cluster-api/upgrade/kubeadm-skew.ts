/** How many minor versions a machine that joins may be behind its control plane: kubeadm joins the same one only. Source: Cluster API, `machineset_preflight.go`. */
export const MOST_BEHIND = 0;
