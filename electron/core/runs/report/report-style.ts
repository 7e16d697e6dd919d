/** The page's own style: readable on a screen of either kind, and on paper. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ink:#23211d;--dim:#625c53;--line:#dcd7cd;--page:#fdfcfa;--soft:#f5f3ee;--bad:#ac2318;--note:#855000}
@media (prefers-color-scheme:dark){:root{--ink:#ece8e1;--dim:#aca59a;--line:#3c3934;--page:#22211e;--soft:#2b2926;--bad:#f38d83;--note:#e3b055}
svg{background:#fdfcfa;border-radius:6px}}
body{margin:0;background:var(--page);color:var(--ink);font:14px/1.6 system-ui,"Noto Sans SC","Microsoft YaHei UI","PingFang SC",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:24px;line-height:1.35;margin:0 0 8px;overflow-wrap:anywhere}
h2{font-size:18px;margin:32px 0 12px;padding-bottom:4px;border-bottom:1px solid var(--line)}
h3{font-size:15px;margin:20px 0 8px;overflow-wrap:anywhere}
h4{font-size:13px;margin:0 0 4px}
.kind{margin:0;color:var(--dim)}
.verdict{margin:0;padding:8px 12px;background:var(--soft);border-left:3px solid var(--line)}
.verdict.attention{border-color:var(--note)}.verdict.bad{border-color:var(--bad)}
dl{display:grid;grid-template-columns:minmax(160px,auto) 1fr;gap:2px 24px;margin:0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.none{color:var(--dim);font-style:italic}.bad{color:var(--bad);font-weight:600}
table{width:100%;border-collapse:collapse;margin-top:8px}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{font-weight:600}.settings td:first-child,.settings td:last-child,.settings th{white-space:nowrap}code,pre{font:12px/1.5 ui-monospace,monospace}pre{white-space:pre-wrap;background:var(--soft);padding:8px 12px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:16px}
figure{margin:0}figcaption{font-size:13px;font-weight:600;margin-bottom:4px}
svg{width:100%;height:auto}svg text{font-size:12px;fill:#625c53}svg .grid{stroke:#dcd7cd}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px}
.answer{background:var(--soft);border-radius:6px;padding:8px 12px;margin-bottom:8px}
.answer p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}small{color:var(--dim)}
footer{margin-top:40px;color:var(--dim);font-size:12px}
@media print{section,figure,article{break-inside:avoid}main{padding:0}}
`;
